"""How good a model is and how sure that is: figures with intervals (metrics), beside baselines (baselines)."""
