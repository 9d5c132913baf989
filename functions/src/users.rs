//! Users: who has signed in, and who may what.

mod user;

endpoints! {
    get_me,
    list_users,
    update_user,
}

pub(crate) use user::UserView;
