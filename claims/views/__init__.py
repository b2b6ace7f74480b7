"""The API of articles and claims: check the form, call one verb, shape the answer."""
