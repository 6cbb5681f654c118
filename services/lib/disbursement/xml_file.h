#pragma once

#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "disbursement/fault.h"

namespace ayni::disbursement {

/// An XML document whose text outlives it, and the faults that were found in it. Elements are named
/// without the prefix of the message's namespace.
///
/// Safe with hostile input: entities are not resolved (pugixml knows the five of XML only), a
/// DOCTYPE is refused, nothing recurses.
class XmlFile {
public:
    /// `text` must outlive this.
    explicit XmlFile(std::string_view text) : text_(text) {}

    /// Parses, and checks the encoding, the root element "Document", that its namespace is one of
    /// `namespaces`, that no element leaves it, and that no element has both elements and text.
    /// False when there is no document to go on with; faults() then says why.
    [[nodiscard]] bool open(const std::vector<std::string_view>& namespaces);

    [[nodiscard]] pugi::xml_node root() const { return document_.document_element(); }
    [[nodiscard]] std::string_view namespace_uri() const { return namespace_; }

    /// The first child of that name; a null node when there is none.
    [[nodiscard]] pugi::xml_node child(pugi::xml_node parent, std::string_view name) const;
    [[nodiscard]] pugi::xml_node next(pugi::xml_node node) const;

    /// The one child of that name; a null node with a fault (FF01) when there is none or another.
    [[nodiscard]] pugi::xml_node required(pugi::xml_node parent, std::string_view name);
    /// The same, but it may be missing, and then the node is null without a fault.
    [[nodiscard]] pugi::xml_node optional(pugi::xml_node parent, std::string_view name);

    /// All text of an element, white space at both ends left out. A comment does not cut it.
    [[nodiscard]] static std::string text_of(pugi::xml_node element);

    /// FF01 for each element in `parent` that is not one of `known`.
    void check_names(pugi::xml_node parent, std::span<const std::string_view> known);

    /// Line of the file in which the element starts, from 1.
    [[nodiscard]] std::size_t line_of(pugi::xml_node node) const;

    void add(pugi::xml_node node, std::string_view reason, std::string message);
    /// For an element of that name which is missing in `parent`.
    void add_missing(pugi::xml_node parent, std::string_view name, std::string_view reason,
                     std::string message);

    [[nodiscard]] const Faults& faults() const { return faults_; }
    [[nodiscard]] Faults take_faults() { return std::move(faults_); }

private:
    friend class ContentWalker;

    struct Place {
        std::size_t line = 0;
        std::size_t column = 0;
    };
    [[nodiscard]] Place place_of(std::size_t offset) const;
    void add_at(std::size_t offset, std::string path, std::string_view reason, std::string message);
    [[nodiscard]] bool parse();
    [[nodiscard]] bool check_encoding();
    [[nodiscard]] bool check_root(const std::vector<std::string_view>& namespaces);
    [[nodiscard]] bool check_content();
    [[nodiscard]] std::string path_of(pugi::xml_node node) const;
    [[nodiscard]] std::string_view local_name(pugi::xml_node node) const;

    std::string_view text_;
    std::string prefix_;  ///< "p:" or empty.
    std::string namespace_;
    pugi::xml_document document_;
    std::vector<std::size_t> line_starts_;
    Faults faults_;
};

}  // namespace ayni::disbursement
