//! Columns that hold one of a few words, which a CHECK lists and an enum mirrors.

/// Lets queries read such a column as its enum: `status AS "status: Status"`. So the word is parsed once, where it leaves the database;
/// one that the enum doesn't have is an error that names the column.
macro_rules! read_words {
    ($($words:ty),+) => {$(
        impl sqlx::Type<sqlx::Postgres> for $words {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }
        }

        impl<'r> sqlx::Decode<'r, sqlx::Postgres> for $words {
            fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let word = <&str as sqlx::Decode<'r, sqlx::Postgres>>::decode(value)?;
                Self::parse(word).ok_or_else(|| format!("this program knows no {word:?} there").into())
            }
        }
    )+};
}

pub(crate) use read_words;

read_words!(crate::permissions::Role);
