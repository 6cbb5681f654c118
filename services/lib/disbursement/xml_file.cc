#include "disbursement/xml_file.h"

#include <algorithm>
#include <set>

#include "disbursement/text.h"

namespace ayni::disbursement {
namespace {

/// Deeper than any message; keeps what walks up from a node short.
constexpr int max_depth = 64;

constexpr std::string_view no_break_space = "\xC2\xA0";

bool is_repeated(std::string_view name) { return name == "PmtInf" || name == "CdtTrfTxInf"; }

bool is_text(pugi::xml_node node) {
    return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

std::size_t offset_of(pugi::xml_node node) {
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
}

bool has_element(pugi::xml_node node) {
    const auto children = node.children();
    return std::any_of(children.begin(), children.end(),
                       [](pugi::xml_node child) { return child.type() == pugi::node_element; });
}

}  // namespace

/// Visits every node once, without recursion.
class ContentWalker final : public pugi::xml_tree_walker {
public:
    explicit ContentWalker(XmlFile& file) : file_(file) {}

    bool for_each(pugi::xml_node& node) override {
        if (depth() > max_depth) {
            file_.add_at(offset_of(node), {}, "FF01", "elements are nested too deeply");
            return false;
        }
        if (is_text(node)) check_text(node);
        if (node.type() == pugi::node_element) check_namespace(node);
        return true;
    }

private:
    void check_text(pugi::xml_node text) {
        const pugi::xml_node parent = text.parent();
        const std::string_view found = trimmed(text.value());
        if (found.empty() || !has_element(parent)) return;
        if (!faulty_.insert(parent.internal_object()).second) return;  // said once is enough
        file_.add_at(offset_of(text), file_.path_of(parent), "FF01",
                     found.starts_with(no_break_space)
                         ? "the element has a no-break space (U+00A0), which is text, beside its "
                           "elements"
                         : "the element has text beside its elements");
    }

    void check_namespace(pugi::xml_node element) {
        // What is in an envelope is another party's.
        if (file_.local_name(element.parent()) == "Envlp") return;
        const std::string name = file_.prefix_.empty()
                                     ? "xmlns"
                                     : "xmlns:" + file_.prefix_.substr(0, file_.prefix_.size() - 1);
        const pugi::xml_attribute declared = element.attribute(name.c_str());
        if (declared && declared.value() != file_.namespace_) {
            file_.add(element, "FF01", "the element is of another namespace");
        }
    }

    XmlFile& file_;
    std::set<const void*> faulty_;
};

bool XmlFile::open(const std::vector<std::string_view>& namespaces) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
    return parse() && check_encoding() && check_root(namespaces) && check_content();
}

bool XmlFile::parse() {
    if (const auto invalid = first_invalid_utf8(text_)) {
        add_at(*invalid, {}, "FF01", "the file is not in UTF-8 here");
        return false;
    }
    const unsigned options = pugi::parse_default | pugi::parse_declaration | pugi::parse_doctype;
    const pugi::xml_parse_result result =
        document_.load_buffer(text_.data(), text_.size(), options, pugi::encoding_utf8);
    if (!result) {
        add_at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0)), {}, "FF01",
               std::string("the file is not well-formed XML: ") + result.description());
        return false;
    }
    for (const pugi::xml_node node : document_.children()) {
        if (node.type() != pugi::node_doctype) continue;
        add_at(text_.find("<!DOCTYPE"), {}, "FF01", "a DOCTYPE is not allowed");
        return false;
    }
    return true;
}

bool XmlFile::check_encoding() {
    std::string encoding;
    for (const pugi::xml_node node : document_.children()) {
        if (node.type() == pugi::node_declaration) encoding = node.attribute("encoding").value();
    }
    std::transform(encoding.begin(), encoding.end(), encoding.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    if (encoding.empty() || encoding == "UTF-8" || encoding == "US-ASCII") return true;
    add_at(0, {}, "FF01", "the file declares the encoding " + encoding + " instead of UTF-8");
    return false;
}

bool XmlFile::check_root(const std::vector<std::string_view>& namespaces) {
    const std::string_view name = root().name();
    const std::size_t colon = name.find(':');
    if (colon != std::string_view::npos) prefix_ = std::string(name.substr(0, colon + 1));
    if (local_name(root()) != "Document") {
        add(root(), "FF01", "the root element is not Document");
        return false;
    }
    for (pugi::xml_node other = root().next_sibling(); other; other = other.next_sibling()) {
        if (other.type() != pugi::node_element) continue;
        add(other, "FF01", "there is a second root element");
        return false;
    }
    const std::string declaration =
        prefix_.empty() ? "xmlns" : "xmlns:" + prefix_.substr(0, prefix_.size() - 1);
    namespace_ = root().attribute(declaration.c_str()).value();
    if (std::find(namespaces.begin(), namespaces.end(), namespace_) == namespaces.end()) {
        std::string known;
        for (const auto one : namespaces) {
            known += (known.empty() ? "" : " nor ") + std::string(one);
        }
        add(root(), "FF01", "its namespace \"" + namespace_ + "\" is neither " + known);
        return false;
    }
    return true;
}

bool XmlFile::check_content() {
    ContentWalker walker(*this);
    return document_.traverse(walker);
}

pugi::xml_node XmlFile::child(pugi::xml_node parent, std::string_view name) const {
    return parent.child((prefix_ + std::string(name)).c_str());
}

pugi::xml_node XmlFile::next(pugi::xml_node node) const { return node.next_sibling(node.name()); }

pugi::xml_node XmlFile::required(pugi::xml_node parent, std::string_view name) {
    const pugi::xml_node found = optional(parent, name);
    if (!found && parent && !child(parent, name)) {
        add_missing(parent, name, "FF01", "the element is missing");
    }
    return found;
}

pugi::xml_node XmlFile::optional(pugi::xml_node parent, std::string_view name) {
    const pugi::xml_node found = child(parent, name);
    if (found && next(found)) {
        add(next(found), "FF01", "the element is there more than once");
        return {};
    }
    return found;
}

std::string XmlFile::text_of(pugi::xml_node element) {
    std::string text;
    for (const pugi::xml_node part : element.children()) {
        if (is_text(part)) text += part.value();
    }
    return std::string(trimmed(text));
}

void XmlFile::check_names(pugi::xml_node parent, std::span<const std::string_view> known) {
    for (const pugi::xml_node element : parent.children()) {
        if (element.type() != pugi::node_element) continue;
        if (std::find(known.begin(), known.end(), local_name(element)) == known.end()) {
            add(element, "FF01", "no such element belongs here");
        }
    }
}

void XmlFile::add(pugi::xml_node node, std::string_view reason, std::string message) {
    add_at(offset_of(node),
           faults_.listed.size() < Faults::max_listed ? path_of(node) : std::string(), reason,
           std::move(message));
}

void XmlFile::add_missing(pugi::xml_node parent, std::string_view name, std::string_view reason,
                          std::string message) {
    if (faults_.listed.size() >= Faults::max_listed) {
        ++faults_.further;
        return;
    }
    const std::string path = path_of(parent);
    add_at(offset_of(parent), path.empty() ? std::string(name) : path + "/" + std::string(name),
           reason, std::move(message));
}

void XmlFile::add_at(std::size_t offset, std::string path, std::string_view reason,
                     std::string message) {
    if (faults_.listed.size() >= Faults::max_listed) {
        ++faults_.further;
        return;
    }
    const Place place = place_of(offset);
    faults_.listed.push_back({.path = std::move(path),
                              .line = place.line,
                              .column = place.column,
                              .reason = std::string(reason),
                              .message = std::move(message)});
}

XmlFile::Place XmlFile::place_of(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    return {.line = static_cast<std::size_t>(after - line_starts_.begin()),
            .column = offset - *std::prev(after) + 1};
}

std::size_t XmlFile::line_of(pugi::xml_node node) const { return place_of(offset_of(node)).line; }

std::string_view XmlFile::local_name(pugi::xml_node node) const {
    const std::string_view name = node.name();
    return name.substr(0, prefix_.size()) == prefix_ ? name.substr(prefix_.size()) : name;
}

std::string XmlFile::path_of(pugi::xml_node node) const {
    std::string path;
    if (node == root()) return std::string(local_name(node));
    // The root itself is left out: it is the same in all.
    for (; node && node != root(); node = node.parent()) {
        if (node.type() != pugi::node_element) continue;
        std::string step(local_name(node));
        if (is_repeated(step)) {
            std::size_t place = 1;
            for (auto before = node.previous_sibling(node.name()); before;
                 before = before.previous_sibling(before.name())) {
                ++place;
            }
            step += "[" + std::to_string(place) + "]";
        }
        path = path.empty() ? step : step + "/" + path;
    }
    return path;
}

}  // namespace ayni::disbursement
