//! TODO(K1)
