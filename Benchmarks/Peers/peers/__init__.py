"""Recurrent beside PyTorch, JAX and ONNX Runtime on the same CPU: the parts of `compare.py`."""
