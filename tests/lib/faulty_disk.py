"""Disks that fail as disks do. `faulty_disk.so` (tests/crash/faulty_disk.h) is preloaded into a program
and logs what is not durable yet; `FaultyDisk.power_cut` takes it back after a kill."""

import collections
import os
import pathlib
import shutil
import struct

SECTOR = 512
MAGIC = 0x4B534446
HEADER = struct.Struct("<IIQQQQQQQQII")
(WRITE, SYNCED_WRITE, SYNC, TRUNCATE, CREATE, RENAME, REMOVE, MAKE_DIRECTORY, SYNC_DIRECTORY, FAULT,
 AFTER_FAILURE) = range(1, 12)

Record = collections.namedtuple("Record", "at kind inode replaced offset length size position"
                                          " data_offset data path second")
Lost = collections.namedtuple("Lost", "sectors files names")


def read_log(path):
    """The whole records of a log; a last one that the kill cut short was not followed by its change."""
    content = path.read_bytes() if path.exists() else b""
    at, records = 0, []
    while at + HEADER.size <= len(content):
        (magic, kind, inode, replaced, offset, length, size, position, data_offset, data_bytes,
         path_bytes, second_bytes) = HEADER.unpack_from(content, at)
        assert magic == MAGIC, f"{path}: no record at {at}"
        data_at = at + HEADER.size
        path_at = data_at + data_bytes
        second_at = path_at + path_bytes
        end = second_at + second_bytes
        if end > len(content):
            break
        records.append(Record(at, kind, inode, replaced, offset, length, size, position, data_offset,
                              content[data_at:path_at], content[path_at:second_at].decode(),
                              content[second_at:end].decode()))
        at = end
    return records


class Unsynced:
    """What the log leaves open: for each sector, size and name how it was before which change."""

    def __init__(self, records):
        self.sectors = collections.defaultdict(lambda: collections.defaultdict(list))
        self.sizes = collections.defaultdict(list)
        self.names = []
        for record in records:
            self._take(record)

    def _take(self, record):
        if record.kind in (WRITE, TRUNCATE):
            sectors = self.sectors[record.inode]
            for place in range(0, len(record.data), SECTOR):
                number = (record.data_offset + place) // SECTOR
                sectors[number].append((record.at, record.data[place:place + SECTOR]))
            grows = record.offset + record.length > record.size
            if record.kind == TRUNCATE or grows:
                self.sizes[record.inode].append((record.at, record.size))
            if record.kind == WRITE:
                self.last_write = record
        elif record.kind == SYNCED_WRITE:
            self._write_is_durable(record)
        elif record.kind == SYNC:
            sectors = self.sectors[record.inode]
            for number in list(sectors):
                sectors[number] = [each for each in sectors[number] if each[0] >= record.position]
                if not sectors[number]:
                    del sectors[number]
            self.sizes[record.inode] = [each for each in self.sizes[record.inode]
                                        if each[0] >= record.position]
        elif record.kind == SYNC_DIRECTORY:
            self.names = [each for each in self.names
                          if str(pathlib.Path(each.path).parent) != record.path
                          or each.at >= record.position]
        elif record.kind in (CREATE, RENAME, REMOVE, MAKE_DIRECTORY):
            self.names.append(record)

    def _write_is_durable(self, record):
        """All that lies below the sectors of that write is overwritten, so it is durable, too."""
        write = self.last_write
        if write.at != record.position:
            return  # Another thread wrote in between; it stays in doubt, which is the harder case.
        sectors = self.sectors[record.inode]
        for number in range(write.offset // SECTOR, -(-(write.offset + write.length) // SECTOR)):
            sectors.pop(number, None)
        end = write.offset + write.length
        self.sizes[record.inode] = [each for each in self.sizes[record.inode] if each[1] >= end]


class FaultyDisk:
    """One for each program; its log goes on over restarts, since what an earlier process did not sync
    is not durable for the next one either."""

    def __init__(self, library, folder, name, roots):
        self.library, self.name = library, name
        self.roots = [pathlib.Path(root) for root in roots]
        self.log = pathlib.Path(folder) / f"{name}.faulty-disk"
        self.lost_folder = pathlib.Path(f"{self.log}.lost")
        self.armed = pathlib.Path(f"{self.log}.armed")

    def environment(self, fault="", path="", is_armed=True, has_direct=True):
        self.armed.unlink(missing_ok=True)
        if is_armed:
            self.arm()
        return {"LD_PRELOAD": str(self.library), "FAULTY_DISK_LOG": str(self.log),
                "FAULTY_DISK_ROOTS": ":".join(map(str, self.roots)), "FAULTY_DISK_FAULT": fault,
                "FAULTY_DISK_PATH": path, "FAULTY_DISK_ARMED": str(self.armed),
                "FAULTY_DISK_NO_DIRECT": "" if has_direct else "1"}

    def arm(self):
        self.armed.touch()

    def count(self, kind):
        return sum(1 for record in read_log(self.log) if record.kind == kind)

    def forget(self):
        """All is durable now: as after a sync of the whole disk."""
        self.log.unlink(missing_ok=True)
        shutil.rmtree(self.lost_folder, ignore_errors=True)

    def power_cut(self, chance=None):
        """To be called when the program is dead. Without `chance` everything that was not synced is
        taken back; with it, each sector and size is what it was at some moment since the last sync,
        and of the names the last few changes are undone."""
        unsynced = Unsynced(read_log(self.log))
        files = self._files()
        sectors, shortened = 0, 0
        for inode, changes in unsynced.sectors.items():
            if changes and inode in files:
                sectors += self._take_back(files[inode], changes, chance)
        for inode, changes in unsynced.sizes.items():
            if changes and inode in files:
                os.truncate(files[inode], _chosen(changes, os.path.getsize(files[inode]), chance))
                shortened += 1
        undone = unsynced.names
        if chance is not None and undone:
            undone = undone[chance.randrange(len(undone) + 1):]
        for record in reversed(undone):
            self._undo_name(record)
        self.forget()
        return Lost(sectors, shortened, len(undone))

    def _files(self):
        found = {}
        for root in [self.lost_folder, *self.roots]:
            for folder, _, names in os.walk(root):
                for name in names:
                    path = os.path.join(folder, name)
                    found[os.lstat(path).st_ino] = path
        return found

    @staticmethod
    def _take_back(path, changes, chance):
        lost = 0
        with open(path, "r+b") as file:
            for number, before in sorted(changes.items()):
                file.seek(number * SECTOR)
                now = file.read(SECTOR)
                then = _chosen(before, now, chance)
                if then[:len(now)] != now:
                    lost += 1
                    file.seek(number * SECTOR)
                    file.write(then[:len(now)])  # The size is another matter.
        return lost

    def _undo_name(self, record):
        path, kept = pathlib.Path(record.path), self.lost_folder / str(record.inode)
        if record.kind == CREATE:
            path.unlink(missing_ok=True)
        elif record.kind == MAKE_DIRECTORY:
            shutil.rmtree(path, ignore_errors=True)
        elif record.kind == REMOVE and kept.exists() and path.parent.exists():
            path.unlink(missing_ok=True)
            os.link(kept, path)
        elif record.kind == RENAME:
            second = pathlib.Path(record.second)
            if second.exists() and second.stat().st_ino == record.inode:
                second.rename(path)
            replaced = self.lost_folder / str(record.replaced)
            if record.replaced and replaced.exists() and second.parent.exists():
                second.unlink(missing_ok=True)
                os.link(replaced, second)


def _chosen(before, now, chance):
    """The oldest value, or any of those that it had since."""
    return before[0][1] if chance is None else chance.choice([*(each[1] for each in before), now])
