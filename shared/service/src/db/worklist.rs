//! The worklist: what there is of each study of an owner, kept as a sum of what its files say ([`tally`](crate::domain::tally)).
//!
//! 1. A change of a file says in its row of the journal what it makes of the tallies of its study and its series. It touches no row that another
//!    slice touches.
//! 2. The [fold](super::fold) that counts the change writes these steps as *marks*, in the transaction of its head: a change is in the marks once.
//! 3. [`count`] takes marks: one transaction adds them to the rows of their studies and series in Studies, each on condition of its version, puts
//!    the studies' [entries](crate::domain::worklist::Entry) beside, and deletes the marks, on condition that they are there. So each step is taken
//!    once, whoever takes it, and whatever fails in between. Only after that the rows of the journal are deleted; one that is left rings again.
//! 4. The entries that changed last are rows of Folds (`worklist#<study>`); [`pack`] moves them into objects of the bucket, a thousand in each, when
//!    there are many. [`read`] puts both together: of two entries of a study the one of the higher version counts.
//!
//! A text that a study does not show any more leaves the bucket within the hour, whether or not something else changes: [`tidy`].
//!
//! Nothing here looks at an index or at the files of a study, so a study of 5,000 files costs what one of five does, and an index that is behind
//! does no harm.

mod count;
mod list;
mod marks;
mod pack;
mod pictures;
mod read;
mod rows;
mod show;
mod stack;
mod tidy;

pub(super) use self::marks::marks;
pub use self::read::WorklistPage;
pub use self::show::{SeriesRow, Shown};
pub use self::stack::{Stack, StackPage};
pub use self::tidy::Untidy;
