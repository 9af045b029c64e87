"""Regression problems: what cannot be fitted is refused when the config is made."""

import pytest

from geomgen.config.regress import LinearConfig, OptimalSetConfig, PolynomialConfig, RffConfig, RidgelessConfig
from geomgen.errors import UsageError


def test_powers_that_overflow_are_refused_in_the_raw_basis_alone() -> None:
    with pytest.raises(UsageError, match=r"--degrees 200 overflows in the raw basis: 10\^200 is above 10\^150"):
        PolynomialConfig(degrees=(200,), interval=10.0)
    assert PolynomialConfig(degrees=(200,), interval=10.0, basis=("legendre",)).degrees == (200,)
    assert PolynomialConfig(degrees=(150,), interval=10.0).degrees == (150,)


def test_noise_is_of_labels_or_of_numbers() -> None:
    with pytest.raises(UsageError, match=r"--label-noise does not apply to --data synthetic\. Give --noise-variance"):
        RffConfig(data="synthetic", label_noise=0.1)
    with pytest.raises(UsageError, match=r"--noise-variance does not apply to --data mnist\. Give --label-noise"):
        RffConfig(noise_variance=0.1)


def test_a_misspecified_model_fits_some_of_the_features() -> None:
    with pytest.raises(UsageError, match=r"--features 500 is more than the 400 features there are\. Give at most 400"):
        RidgelessConfig(design=("misspecified",), features=(500,))
    config = RidgelessConfig(design=("isotropic", "misspecified"), features=(7,))
    assert [config.num_drawn(design, 7) for design in config.design] == [7, 400]


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [(LinearConfig, "repetitions", 1), (LinearConfig, "samples", 10_001), (OptimalSetConfig, "features", "0"),
     (RffConfig, "features", "1000001"), (RffConfig, "ridge", "-1")],
)  # fmt: skip
def test_limits(config: type[LinearConfig | OptimalSetConfig | RffConfig], name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"--{name} .*{value}"):
        config.from_mapping({name: value}, "test")
