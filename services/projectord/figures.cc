#include "projectord/figures.h"

namespace ayni::projectord {

void Figures::note_books(const projection::Cursor& cursor) {
    books_sequence = cursor.last_sequence.value();
    books_time_ns = cursor.time.nanoseconds;
    knows_books = true;
}

}  // namespace ayni::projectord
