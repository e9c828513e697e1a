"""What the commands of the warehouse are made of."""
