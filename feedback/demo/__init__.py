"""A company to look around in: ninety days of customers, told through the product's own verbs."""
