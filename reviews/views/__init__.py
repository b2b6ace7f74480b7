"""The API of reviews: check the form, call one verb, shape the answer."""
