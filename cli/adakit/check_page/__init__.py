"""The contract check as a page of the mock's console: ``adakit serve`` adds it to those of the mock."""
