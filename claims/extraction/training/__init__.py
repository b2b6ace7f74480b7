"""How the shipped model of check-worthiness is made. Needs the extra `train`; nothing that runs in production imports this."""
