"""Tables of another environment are copied into this one, in part and masked, for who may not read them there."""
