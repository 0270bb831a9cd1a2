"""More tokens for a tokenizer that exists: merges behind its own, what they buy, what they keep."""
