"""The one predictor: the app uses it, and every zip carries a copy of this folder. Imports nothing of tlcore."""
