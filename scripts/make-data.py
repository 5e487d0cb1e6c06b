"""Writes data/*.csv.gz from scikit-learn's copies of the tables (scikit-learn 1.9, numpy 2).

    python -m venv venv && venv/bin/pip install scikit-learn && venv/bin/python scripts/make-data.py

The output is the same bytes every time: values as the tables have them, gzip without a time stamp.
"""

import gzip
import pathlib

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

TARGET = pathlib.Path(__file__).resolve().parent.parent / "data"


def number(value):
    """The shortest decimal that reads back as the same double; whole numbers without a point."""
    value = float(value)
    return str(int(value)) if value.is_integer() else repr(value)


def write(name, columns, rows):
    lines = [",".join(columns)]
    lines += [",".join(row) for row in rows]
    data = ("\n".join(lines) + "\n").encode()
    with open(TARGET / f"{name}.csv.gz", "wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as file:
            file.write(data)
    print(name, len(lines) - 1, "rows,", len(data), "bytes")


def main():
    TARGET.mkdir(exist_ok=True)

    digits = load_digits()
    write(
        "digits",
        [f"pixel_{i // 8}_{i % 8}" for i in range(64)] + ["digit"],
        ([number(v) for v in x] + [str(y)] for x, y in zip(digits.data, digits.target)),
    )

    cancer = load_breast_cancer()
    write(
        "breast-cancer",
        [name.replace(" ", "_") for name in cancer.feature_names] + ["diagnosis"],
        ([number(v) for v in x] + [cancer.target_names[y]] for x, y in zip(cancer.data, cancer.target)),
    )

    diabetes = load_diabetes(scaled=False)
    write(
        "diabetes",
        list(diabetes.feature_names) + ["progression"],
        ([number(v) for v in x] + [number(y)] for x, y in zip(diabetes.data, diabetes.target)),
    )


if __name__ == "__main__":
    main()
