"""scikit-learn's multilayer perceptrons on glassnet's engine: change one import."""

from glassnet.base.optional import need

need("sklearn", "glassnet.sklearn")

from glassnet.sklearn.estimators import MLPClassifier, MLPRegressor  # noqa: E402

__all__ = ["MLPClassifier", "MLPRegressor"]
