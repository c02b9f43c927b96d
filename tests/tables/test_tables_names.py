"""Column names without blanks or repeats."""

from tlcore.tables.names import unique_names


def test_unique_names():
    names, said = unique_names(["a", "", "a", " a (2) ", "a\nb"], [1, 2, 3, 4, 5])
    assert names == ["a", "column 2", "a (3)", "a (2)", "a b"]
    assert said[0] == 'Column 2 had no name; it is called "column 2" here.'
    assert len(said) == 2


def test_blank_name_beside_the_name_it_would_get():
    assert unique_names(["", "column 1", "column 1"], [1, 2, 3])[0] == ["column 1 (2)", "column 1", "column 1 (3)"]
