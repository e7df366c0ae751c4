"""Who lives in the small estate of the lab's tests."""

ANN, BEN = "ann@lab.example", "ben@lab.example"
