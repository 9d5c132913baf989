/// Declares an enum of codes: what each is for, its text, and the sentence that fits most cases of it.
///
/// ```ignore
/// codes! {
///     /// Why a door does not open.
///     DoorCode;
///     /// Nobody has the key.
///     Locked = "locked", "The door is locked.";
/// }
/// ```
#[macro_export]
macro_rules! codes {
    ($(#[doc = $about:literal])+ $name:ident; $($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $sentence:literal;)+) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it is stored and sent.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The sentence that fits most cases of it.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}
