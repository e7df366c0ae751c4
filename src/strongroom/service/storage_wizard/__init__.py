"""The wizard that makes a storage: questions as data, drawn by whoever asks them."""
