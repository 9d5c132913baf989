//! `fields!` declares what a request may hold, once: the struct, the reader and the schema come from the same lines.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, ObjectBuilder, OneOfBuilder, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Required, Schema};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::field::Field;
use super::fields::FromField;

/// Declares the parameters of a query, or the fields of a body.
///
/// A declaration is a struct, and the struct is what a handler gets. The type of a field says everything: what it may be
/// ([`Field`]), and whether it may be absent or `null` ([`FromField`]). The comments are its descriptions in openapi.json.
///
/// ```ignore
/// fields! {
///     /// Which files to move.
///     struct Move {
///         /// The files.
///         ids: Items<FileId, 1, 100>,
///         /// Where to.
///         to: Folder,
///         /// Why; nobody has to say it.
///         reason: Option<Text<1, 200>>,
///         /// Whether to tell the owner.
///         tell: Flag<true>,
///     }
///     refuse reason, "must be given for the trash", if matches!((&to, &reason), (Some(Folder::Trash), Some(None)));
/// }
/// ```
///
/// A rule about several fields stands behind the struct: `refuse` names the field that is wrong. In its condition a field is `None` if its own value
/// was wrong, and `Some` otherwise. The macro makes the struct, `Debug` and what `derive` names, and implements [`FromFields`](crate::api::FromFields)
/// (the reader), [`utoipa::ToSchema`] (for a body) and [`utoipa::IntoParams`] (for a query).
#[macro_export]
macro_rules! fields {
    (
        $(#[doc = $docs:literal])* $(#[derive($($derive:ident),+)])?
        $visibility:vis struct $name:ident {
            $($(#[doc = $doc:literal])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
        }
        $(refuse $wrong:ident, $sentence:literal, if $condition:expr;)*
    ) => {
        $(#[doc = $docs])*
        #[derive(Debug $($(, $derive)+)?)]
        $visibility struct $name {
            $($(#[doc = $doc])* $field_visibility $field: $type,)*
        }

        impl $crate::api::FromFields for $name {
            fn take(fields: &mut $crate::api::Fields) -> Option<Self> {
                $(let $field = <$type as $crate::api::FromField>::from_field(fields, stringify!($field));)*
                $(if $condition {
                    fields.refuse(stringify!($wrong), $sentence);
                })*
                Some(Self { $($field: $field?,)* })
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let object = $crate::api::declare::object(concat!($($docs),*));
                $(let object = $crate::api::declare::property::<$type>(object, stringify!($field), concat!($($doc),*));)*
                object.into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                $($crate::api::declare::components::<$type>(schemas);)*
            }
        }

        impl utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![$($crate::api::declare::parameter::<$type>(stringify!($field), concat!($($doc),*))),*]
            }
        }
    };
}

/// A parameter of a query.
#[must_use]
pub fn parameter<F: FromField>(name: &str, docs: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(if F::is_required() {
            Required::True
        } else {
            Required::False
        })
        .description(Some(docs.trim()))
        .schema(Some(F::Value::schema()))
        .build()
}

/// A body without fields, which takes no others than those that are added.
#[must_use]
pub fn object(docs: &str) -> ObjectBuilder {
    let docs = Some(docs.trim()).filter(|docs| !docs.is_empty());
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(docs)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

/// The body with one more field.
#[must_use]
pub fn property<F: FromField>(object: ObjectBuilder, name: &str, docs: &str) -> ObjectBuilder {
    let schema = described(schema_of::<F::Value>(), docs.trim());
    let schema = if F::is_nullable() {
        nullable(schema)
    } else {
        schema
    };
    let object = object.property(name, schema);
    if F::is_required() {
        object.required(name)
    } else {
        object
    }
}

/// Adds the schemas that a field refers to.
pub fn components<F: FromField>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    if !F::Value::INLINE {
        schemas.push((F::Value::name().into_owned(), F::Value::schema()));
    }
    F::Value::schemas(schemas);
}

/// The schema of a type, or a reference to it.
pub(super) fn schema_of<T: Field>() -> RefOr<Schema> {
    if T::INLINE {
        T::schema()
    } else {
        Ref::from_schema_name(T::name()).into()
    }
}

fn described(mut schema: RefOr<Schema>, docs: &str) -> RefOr<Schema> {
    match &mut schema {
        RefOr::Ref(reference) => docs.clone_into(&mut reference.description),
        RefOr::T(Schema::Object(object)) => object.description = Some(docs.to_owned()),
        RefOr::T(Schema::Array(array)) => array.description = Some(docs.to_owned()),
        RefOr::T(_) => {}
    }
    schema
}

fn nullable(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    let kind = match &mut schema {
        RefOr::T(Schema::Object(object)) => &mut object.schema_type,
        RefOr::T(Schema::Array(array)) => &mut array.schema_type,
        _ => {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            return OneOfBuilder::new().item(schema).item(null).into();
        }
    };
    if let SchemaType::Type(one) = kind {
        *kind = SchemaType::from_iter([one.clone(), Type::Null]);
    }
    schema
}
