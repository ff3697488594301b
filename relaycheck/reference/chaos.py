"""stub"""
from contextlib import contextmanager
@contextmanager
def disturbed(kind, target):
    yield target
