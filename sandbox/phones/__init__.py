"""The phones page: what each customer sees, and a box to answer as the customer."""
