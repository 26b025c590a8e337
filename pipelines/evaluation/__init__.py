"""How good a model is, on data that it was not trained on; shared by training, validation and deployment."""
