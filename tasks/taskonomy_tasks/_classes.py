"""The classes of the semantic tasks.

They are part of these tasks' definition, as the 17 COCO classes and 63 kinds of places are of the paper's (facts 1.3).
A data source that offers `class_object`, `segment_semantic` (FURNITURE) or `class_scene` (SCENES) for them numbers its
classes in this order; the embedded rooms do, and a test holds the lists against each other.
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

SCENES = ("bedroom", "living_room", "kitchen", "bathroom", "office", "dining_room")
