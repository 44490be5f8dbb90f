import pytest

from taskonomy_core.contract.specs import FeatureSpec, NetworkSize, OutputSpec


def test_features_count_views_before_channels():
    features = FeatureSpec(channels_per_view=8, height=4, width=6, views=3)
    assert features.channels == 24
    assert features.flat == 24 * 4 * 6


def test_the_papers_representation_has_2048_numbers():
    size = NetworkSize(256, 8, 16, 64, (1024,), ((64, 64),), 2048, 0.5)
    assert size.features() == FeatureSpec(8, 16, 16, 1)
    assert size.features().flat == 2048
    assert size.features(views=3).flat == 3 * 2048


@pytest.mark.parametrize(
    ("output", "shape"),
    [
        (OutputSpec.dense(3), (3, 256, 256)),
        (OutputSpec.dense(313, stride=4), (313, 64, 64)),
        (OutputSpec.vector(6), (6,)),
    ],
)
def test_an_output_knows_its_shape(output, shape):
    assert output.shape(256) == shape
    assert output.is_dense == (len(shape) == 3)
    assert output.faults() == []


@pytest.mark.parametrize(
    ("output", "faults"),
    [
        (OutputSpec("map", 3), ["output.kind is 'map', not 'dense' or 'vector'"]),
        (OutputSpec.vector(0), ["output.channels is 0, not a whole number from 1"]),
        (OutputSpec.dense(3, stride=3), ["output.stride is 3, not a power of two"]),
        (OutputSpec.dense(3, stride=0), ["output.stride is 0, not a power of two"]),
        (
            OutputSpec("", "three", 0.5),
            [
                "output.kind is '', not 'dense' or 'vector'",
                "output.channels is 'three', not a whole number from 1",
                "output.stride is 0.5, not a power of two",
            ],
        ),
    ],
)
def test_faults_are_told_all_at_once(output, faults):
    assert output.faults() == faults
