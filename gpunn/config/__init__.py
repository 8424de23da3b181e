"""From the parameters of an estimator, checked, to the objects of a training."""
