//! The Lambda functions of Filmroom: one binary each, one file per endpoint
