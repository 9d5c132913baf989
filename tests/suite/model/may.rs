//! What the model allows where it cannot know.

/// What may have happened to a file since the model last looked.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each may have happened or not"
)]
pub(super) struct May {
    pub(super) store: bool,
    pub(super) process: bool,
    pub(super) end: bool,
    pub(super) delete: bool,
    pub(super) restore: bool,
    pub(super) shift: bool,
    /// What maintenance does with files that are due.
    pub(super) maintain: bool,
}

const NOTHING: May = May {
    store: false,
    process: false,
    end: false,
    delete: false,
    restore: false,
    shift: false,
    maintain: false,
};

impl May {
    pub(super) const STORE: Self = Self {
        store: true,
        ..NOTHING
    };
    pub(super) const PROCESS: Self = Self {
        process: true,
        ..NOTHING
    };
    pub(super) const END: Self = Self {
        end: true,
        ..NOTHING
    };
    pub(super) const DELETE: Self = Self {
        delete: true,
        ..NOTHING
    };
    pub(super) const RESTORE: Self = Self {
        restore: true,
        ..NOTHING
    };
    pub(super) const MOVE: Self = Self {
        shift: true,
        ..NOTHING
    };
    pub(super) const MAINTAIN: Self = Self {
        process: true,
        maintain: true,
        ..NOTHING
    };
}
