"""How nodes hear of each other's broadcasts: one module per way."""
