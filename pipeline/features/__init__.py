"""Views to numbers: what a model may see (view), named signals (signals), n-grams and their union (vectorise)."""
