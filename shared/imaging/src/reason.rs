//! Why there is no picture, in a code for programs and a sentence for doctors.

use serde::{Deserialize, Serialize};

pub use words::FileCode as Code;

/// A stable code with one sentence for people. Carries no patient data: safe to store, show and log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What happened, for programs.
    pub code: Code,
    /// What happened, for people.
    pub message: String,
}

impl Reason {
    /// A reason with its own sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The reason with the sentence that fits most cases of `code`.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.sentence())
    }
}

impl From<Code> for Reason {
    fn from(code: Code) -> Self {
        Self::of(code)
    }
}
