"""Labels that a person confirms: which rows are worth looking at first, and how what was confirmed becomes part of the Dataset."""
