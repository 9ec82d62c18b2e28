"""The part of the package in the XGBoost image that readers' scripts import."""
