"""Encoders: image in, representation on a grid out."""
