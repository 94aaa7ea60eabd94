"""Drives a folder of recorded answers and cases through weir; README.md says what is checked and how."""
