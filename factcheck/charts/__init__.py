"""Numbers as pictures that the server draws: bars by name, columns by day. What each says stands in a table too. Plain values."""
