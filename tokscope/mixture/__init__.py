"""From merges and text to the shares of what a tokenizer was trained on: count, replay, solve."""
