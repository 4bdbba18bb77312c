"""A network for other libraries: as a script with its weights, or as one file."""

from glassnet.export.exporting import FORMATS, export

__all__ = ["FORMATS", "export"]
