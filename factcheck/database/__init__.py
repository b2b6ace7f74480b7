"""Django's PostgreSQL, for a server that may stop answering: nobody waits for it longer than a statement may take."""
