"""The peer: the lists of this API over one table of SQL, written as such services are: FastAPI, SQLAlchemy, SQLite, an index for each column that is
filtered by, COUNT and OFFSET for pages, LIKE for searches. It knows no sign-in, no access log and no signed URLs, which favours it.

    python3 sql_service.py DATABASE PORT
"""

import sys
from datetime import datetime

import uvicorn
from fastapi import FastAPI, HTTPException
from sqlalchemy import BigInteger, String, create_engine, func, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

OWNER = 1


class Base(DeclarativeBase):
    pass


class ImageFile(Base):
    __tablename__ = "image_files"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    original_filename: Mapped[str] = mapped_column(String(255))
    file_type: Mapped[str] = mapped_column(String(16), index=True)
    mime_type: Mapped[str] = mapped_column(String(64))
    file_size: Mapped[int] = mapped_column(BigInteger)
    file_hash: Mapped[str | None] = mapped_column(String(32), index=True)
    uploaded_by: Mapped[int] = mapped_column(index=True)
    patient_id: Mapped[str | None] = mapped_column(String(64), index=True)
    study_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    series_id: Mapped[int | None] = mapped_column(BigInteger)
    modality: Mapped[str | None] = mapped_column(String(16), index=True)
    body_part: Mapped[str | None] = mapped_column(String(64))
    study_date: Mapped[str | None] = mapped_column(String(10))
    description: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(16), index=True)
    thumbnail_path: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]


class Patient(Base):
    __tablename__ = "patients"

    patient_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    medical_record_number: Mapped[str | None] = mapped_column(String(64), index=True)


def fill(database, pages, patients):
    """Makes the tables from pages of the API's items."""
    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    names = [column.name for column in ImageFile.__table__.columns]
    with engine.begin() as connection:
        for page in pages:
            rows = [{name: item.get(name) for name in names} for item in page]
            for row, item in zip(rows, page, strict=True):
                row["uploaded_by"] = OWNER
                row["thumbnail_path"] = (item.get("thumbnail_url") or "").split("?")[0]
                row |= {name: moment(row[name]) for name in ("created_at", "updated_at")}
            connection.execute(ImageFile.__table__.insert(), rows)
        for page in patients:
            rows = [{column.name: item.get(column.name) for column in Patient.__table__.columns} for item in page]
            connection.execute(Patient.__table__.insert(), rows)
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=None)


def shown(file):
    return {column.name: getattr(file, column.name) for column in ImageFile.__table__.columns}


def service(database):
    engine = create_engine(f"sqlite:///{database}", connect_args={"check_same_thread": False})
    app = FastAPI()

    @app.get("/api/v1/image-files/my-images")
    def my_images(
        page: int = 1,
        page_size: int = 20,
        file_type: str | None = None,
        status: str | None = None,
        modality: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        search: str | None = None,
    ):
        query = select(ImageFile).where(ImageFile.uploaded_by == OWNER)
        for column, value in ((ImageFile.file_type, file_type), (ImageFile.status, status), (ImageFile.modality, modality)):
            if value is not None:
                query = query.where(column == value)
        if start_date:
            query = query.where(ImageFile.created_at >= start_date.replace(tzinfo=None))
        if end_date:
            query = query.where(ImageFile.created_at <= end_date.replace(tzinfo=None))
        if search:
            query = query.where(or_(ImageFile.original_filename.ilike(f"%{search}%"), ImageFile.description.ilike(f"%{search}%")))
        with Session(engine) as session:
            total = session.scalar(select(func.count()).select_from(query.subquery()))
            found = session.scalars(query.order_by(ImageFile.created_at.desc()).offset((page - 1) * page_size).limit(page_size))
            return {"items": [shown(file) for file in found], "total": total, "page": page, "page_size": page_size}

    @app.get("/api/v1/patients")
    def patients(search: str, page_size: int = 20):
        looked_at = (Patient.patient_id, Patient.name, Patient.medical_record_number)
        query = select(Patient).where(or_(*(column.ilike(f"%{search}%") for column in looked_at)))
        with Session(engine) as session:
            found = session.scalars(query.order_by(Patient.patient_id).limit(page_size))
            return {"items": [{column.name: getattr(patient, column.name) for column in Patient.__table__.columns} for patient in found]}

    @app.get("/api/v1/image-files/stats/summary")
    def summary():
        with Session(engine) as session:
            own = ImageFile.uploaded_by == OWNER
            files, size = session.execute(select(func.count(), func.sum(ImageFile.file_size)).where(own)).one()

            def by(column):
                rows = session.execute(select(column, func.count()).where(own).group_by(column))
                return {name: count for name, count in rows if name is not None}

            return {
                "total_files": files,
                "total_size": size,
                "by_type": by(ImageFile.file_type),
                "by_status": by(ImageFile.status),
                "by_modality": by(ImageFile.modality),
            }

    @app.get("/api/v1/image-files/{file}")
    def one(file: int):
        with Session(engine) as session:
            found = session.get(ImageFile, file)
            if found is None:
                raise HTTPException(404)
            return shown(found)

    return app


if __name__ == "__main__":
    uvicorn.run(service(sys.argv[1]), port=int(sys.argv[2]), log_level="error", access_log=False)
