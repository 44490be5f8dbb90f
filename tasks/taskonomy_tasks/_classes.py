"""The classes of the semantic tasks.

They are part of these tasks' definition, as the 17 COCO classes are of the paper's (facts 1.3). A data source that
offers `class_object` or `segment_semantic` for them numbers its classes in this order; the embedded rooms do, and a
test holds both lists against each other.
"""

FURNITURE = (
    "bed",
    "chair",
    "sofa",
    "table",
    "desk",
    "bookcase",
    "cabinet",
    "wardrobe",
    "lamp",
    "plant",
    "tv",
    "fridge",
    "stove",
    "sink",
    "toilet",
    "bathtub",
)
