"""A demo data set: varied drawings with captions, so that the app has something to show before the first import."""

from curate.demo.generate import DemoReport, generate_demo

__all__ = ["DemoReport", "generate_demo"]
