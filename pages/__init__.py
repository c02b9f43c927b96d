"""The screens: one file each, plus what they share in parts/."""
