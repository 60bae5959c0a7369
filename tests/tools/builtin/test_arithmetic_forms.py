"""Right calculations in the many ways of writing them are never called wrong; the same ways, gone wrong, are."""

import pytest

from rubrica.tools.builtin.arithmetic import ArithmeticArguments, arithmetic
from rubrica.types import Candidate, Message, TaskView, TextPart


def values(text: str) -> list[float | None]:
    task = TaskView(messages=(Message(role="user", parts=(TextPart(text="How many are left?"),)),))
    candidate = Candidate(id="a", parts=(TextPart(text=text),))
    return [seen.value for seen in arithmetic(task, candidate, ArithmeticArguments())]


RIGHT = r"""
0.415 × 1620 ≈ 672.4
\(0.415 \times 1620 \approx 672.4\)
3.7 × 4.19 ≈ 15.6
0.22 ft²/hr ≈ 6.11e-6 ft²/sec
0.22 \text{ ft}^2/\text{hr} \approx 6.11 \times 10^{-5} \text{ ft}^2/\text{sec}
0.22 / 3600 = 6.11 × 10^-5
1 ft^2 = 144 in^2
12 × 15 = 180 cm^2
5 kg = 11 lb
2e-13 = (0.5)[NH3]^4/0.5
2 \times 10^{-13} = \frac{(0.5)[NH_3]^4}{0.5}
2.0 × 10^-5 = [0.1][x]/[0.2]
x₁ = (5 + 1)/2 = 3 \quad \text{and} \quad x₂ = (5 - 1)/2 = 2
x_1 = \frac{-3 + 5}{2} = 1 \qquad \text{or} \qquad x_2 = \frac{-3 - 5}{2} = -4
The area is 6 × 4 / 2 = 12 and BC = 10 / 2 = 5
0.001889/0.003771 = 0.50074
12.346 / 3.21 = 3.8457
0.333 * 300 = 100
0.333 + 0.333 + 0.333 = 1
1000 × 1.2763 = 1276.28
2 × 3.14 × 7 = 43.96
π × 3² = 28.26
17 / 5 = 3 R2
17 ÷ 5 = 3 with a remainder of 2
17 / 5 = 3 (remainder 2)
17 ÷ 5 = 3 and 2 left over
45 ÷ 6 = 7 full boxes with 3 left
10 / 3 = 3 (rounded down)
10 / 3 = 4 (rounded up)
1234.5 / 7 = 176 (to the nearest whole number)
1 hour 30 minutes + 45 minutes = 2 hours 15 minutes
5 ft 6 in + 8 in = 6 ft 2 in
2 ft 6 inches × 2 = 5 ft
2 lb 8 oz = 40 oz
60 mph × 30 minutes = 30 miles
12'000 + 500 = 12'500
1/3 = 0.(3)
1/6 = 0.1(6)
√50 = 5√2 ≈ 7.07
It is not true that 2 + 2 = 5.
If 2 + 2 = 5 were true, all would be lost.
17 ≡ 2 (mod 5)
1:30 + 0:45 = 2:15
2 < 3 = 1 + 2 < 5
2½ + 1¼ = 3¾
1,00,000 + 50,000 = 1,50,000
""".strip().splitlines()

SETTLED = r"""
C(4,2) × 5 = 6 × 5 = 30
4 × C(5,2) = 4 × 10 = 40
5C2 = 10
{}_6C_2 = 15
_6P_2 = 30
P(5,2) = 20
5 choose 2 is 10
{5 \choose 2} = 10
\binom{6}{2}\binom{4}{2} = 15 × 6 = 90
5!/(3!2!) = 10
3e8 * 2 = 6e8
1.5E3 + 500 = 2E3
1/3 = 0.\overline{3}
1/6 = 0.1\overline{6}
2π × 5 = 31.4
""".strip().splitlines()

WRONG = r"""
0.415 × 1620 ≈ 675
0.001889/0.003771 = 0.5114
0.05 × 200 = 11
19.99 + 5.01 = 25.10
$1.99 × 3 = $5.98
0.22 / 3600 = 6.21 × 10^-5
C(4,2) × 5 = 35
4C2 × 5 = 35
P(5,2) = 25
\binom{5}{2} = 12
5!/(3!2!) = 12
3e8 * 2 = 7e8
1/3 = 0.\overline{4}
2 + 3 = 5, \quad 4 + 5 = 8
5 * 3 = 16 (rounded)
100 - 20 = 79 left
4490 / 2250 = 2 with some weight left over
17 / 5 = 4.5, rounded up
1 hour 30 minutes + 45 minutes = 2 hours 25 minutes
60 mph × 30 minutes = 40 miles
5 kg = 12 lb
12'000 + 500 = 13'500
√50 = 6√2
π × 5² = 79.5
So it is not 15: 5 * 3 = 16.
""".strip().splitlines()


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_calculation_is_not_called_wrong(text: str) -> None:
    assert 0.0 not in values(text)


@pytest.mark.parametrize("text", SETTLED)
def test_counts_powers_of_ten_and_recurring_decimals_are_computed(text: str) -> None:
    found = values(text)
    assert found
    assert set(found) == {1.0}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_calculation_in_the_same_form_is_flagged(text: str) -> None:
    assert 0.0 in values(text)


def test_a_point_is_no_choice() -> None:
    assert values("The triangle with A(0,0), B(4,0) and C(4,2) has an area of 4 * 2 / 2 = 4.") == [1.0]


@pytest.mark.parametrize(
    "piece", ["2 hours 3 minutes ", "C(4,2) ", "5 choose 3 ", "1.(", "^5C_", "17 / 5 = 3 R2 ", "6'000'", "1e", "3!2!"]
)
def test_hostile_repetition_is_read_to_its_end(piece: str) -> None:
    assert set(values(piece * (50_000 // len(piece)) + " so 2 + 2 = 5")) <= {0.0, 1.0}
