"""What clients are answered; what they send stands in `reviews/forms.py`. Lists are made by the database (`factcheck.api.shape`)."""
