//! Pure image knowledge: bytes in, facts and pictures out
