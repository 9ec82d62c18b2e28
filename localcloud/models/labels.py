"""From the classes of ImageNet and COCO to labels as Rekognition gives them, with parents and categories.

The names, parents and categories are in the manner of Rekognition's published list of labels
(https://docs.aws.amazon.com/rekognition/latest/dg/labels.html); which classes belong to which label is our choice.
Classes that make no useful label are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

#: A line a label: its name, its parents, its category, its ImageNet classes (0-999), its COCO ids (1-90).
#: A parent has its children's classes, besides its own.
_TABLE = """
Person | | Person Description | 981-983 724 | 1
Groom | Person | Events and Attractions | 982 |
Scuba Diving | Person | Sports | 983 |
Animal | | Animals and Pets | 51 69 107-111 116-117 126 327-329 |
Bird | Animal | Animals and Pets | 7-24 80-100 127-146 | 16
Chicken | Animal; Bird; Poultry | Animals and Pets | 7-8 |
Poultry | Animal; Bird | Animals and Pets | 99 |
Ostrich | Animal; Bird | Animals and Pets | 9 |
Owl | Animal; Bird | Animals and Pets | 24 |
Eagle | Animal; Bird | Animals and Pets | 22 |
Peacock | Animal; Bird | Animals and Pets | 84 |
Parrot | Animal; Bird | Animals and Pets | 87-90 |
Hummingbird | Animal; Bird | Animals and Pets | 94 |
Toucan | Animal; Bird | Animals and Pets | 96 |
Duck | Animal; Bird; Waterfowl | Animals and Pets | 97-98 |
Waterfowl | Animal; Bird | Animals and Pets | 99 |
Swan | Animal; Bird; Waterfowl | Animals and Pets | 100 |
Stork | Animal; Bird; Waterfowl | Animals and Pets | 127-128 |
Flamingo | Animal; Bird | Animals and Pets | 130 |
Heron | Animal; Bird; Waterfowl | Animals and Pets | 131-133 |
Pelican | Animal; Bird; Waterfowl | Animals and Pets | 144 |
Penguin | Animal; Bird | Animals and Pets | 145 |
Fish | Animal; Sea Life | Animals and Pets | 0-1 389-397 |
Sea Life | Animal | Animals and Pets | 107-109 114-115 |
Shark | Animal; Fish; Sea Life | Animals and Pets | 2-4 |
Reptile | Animal | Animals and Pets | 38-48 |
Turtle | Animal; Reptile | Animals and Pets | 33-37 |
Crocodile | Animal; Reptile | Animals and Pets | 49-50 |
Snake | Animal; Reptile | Animals and Pets | 52-68 |
Amphibian | Animal | Animals and Pets | 25-29 |
Frog | Animal; Amphibian | Animals and Pets | 30-32 |
Spider | Animal; Invertebrate | Animals and Pets | 70-77 |
Invertebrate | Animal | Animals and Pets | 78-79 112-113 118-125 |
Crab | Animal; Invertebrate; Sea Life | Animals and Pets | 118-121 125 |
Insect | Animal; Invertebrate | Animals and Pets | 300-320 |
Bee | Animal; Insect; Invertebrate | Animals and Pets | 309 |
Dragonfly | Animal; Insect; Invertebrate | Animals and Pets | 319-320 |
Butterfly | Animal; Insect; Invertebrate | Animals and Pets | 321-326 |
Mammal | Animal | Animals and Pets | 101-106 147-150 298-299 334-337 351-353 356-364 |
Koala | Animal; Mammal; Wildlife | Animals and Pets | 105 |
Whale | Animal; Mammal; Sea Life | Animals and Pets | 147-148 |
Dog | Animal; Canine; Mammal; Pet | Animals and Pets | 151-268 | 18
Canine | Animal; Mammal | Animals and Pets | 273-275 |
Pet | Animal | Animals and Pets | |
Wolf | Animal; Canine; Mammal; Wildlife | Animals and Pets | 269-272 |
Fox | Animal; Canine; Mammal; Wildlife | Animals and Pets | 277-280 |
Wildlife | Animal | Animals and Pets | |
Cat | Animal; Mammal; Pet | Animals and Pets | 281-285 | 17
Lion | Animal; Mammal; Wildlife | Animals and Pets | 291 |
Tiger | Animal; Mammal; Wildlife | Animals and Pets | 292 |
Leopard | Animal; Mammal; Wildlife | Animals and Pets | 288-290 |
Cheetah | Animal; Mammal; Wildlife | Animals and Pets | 293 |
Bear | Animal; Mammal; Wildlife | Animals and Pets | 294-297 | 23
Polar Bear | Animal; Bear; Mammal; Wildlife | Animals and Pets | 296 |
Rabbit | Animal; Mammal | Animals and Pets | 330-332 |
Squirrel | Animal; Mammal; Rodent | Animals and Pets | 335 |
Rodent | Animal; Mammal | Animals and Pets | 333 336-338 |
Horse | Animal; Mammal | Animals and Pets | 339 | 19
Zebra | Animal; Mammal; Wildlife | Animals and Pets | 340 | 24
Pig | Animal; Mammal | Animals and Pets | 341-343 |
Hippo | Animal; Mammal; Wildlife | Animals and Pets | 344 |
Cattle | Animal; Mammal | Animals and Pets | 345-347 | 21
Sheep | Animal; Mammal | Animals and Pets | 348-349 | 20
Goat | Animal; Mammal | Animals and Pets | 350 |
Camel | Animal; Mammal | Animals and Pets | 354 |
Llama | Animal; Mammal | Animals and Pets | 355 |
Monkey | Animal; Mammal; Wildlife | Animals and Pets | 365-384 |
Elephant | Animal; Mammal; Wildlife | Animals and Pets | 385-386 | 22
Panda | Animal; Mammal; Wildlife | Animals and Pets | 387-388 |
Giraffe | Animal; Mammal; Wildlife | Animals and Pets | | 25
Plant | | Plants and Flowers | 988-990 |
Flower | Plant | Plants and Flowers | 984-986 |
Daisy | Flower; Plant | Plants and Flowers | 985 |
Potted Plant | Plant | Plants and Flowers | 738 | 64
Fungus | Plant | Plants and Flowers | 991-997 947 |
Food | | Food and Beverage | 924-926 935 959-962 964-965 | 54 58
Bread | Food | Food and Beverage | 930-932 |
Burger | Food | Food and Beverage | 933 |
Hot Dog | Food | Food and Beverage | 934 | 58
Pizza | Food | Food and Beverage | 963 | 59
Sandwich | Food | Food and Beverage | | 54
Dessert | Food | Food and Beverage | 927 | 60 61
Ice Cream | Dessert; Food | Food and Beverage | 928-929 |
Cake | Dessert; Food | Food and Beverage | | 61
Donut | Dessert; Food | Food and Beverage | | 60
Vegetable | Food; Produce | Food and Beverage | 936-946 | 56 57
Broccoli | Food; Plant; Produce; Vegetable | Food and Beverage | 937 | 56
Carrot | Food; Plant; Produce; Vegetable | Food and Beverage | | 57
Produce | Food | Food and Beverage | |
Fruit | Food; Plant; Produce | Food and Beverage | 948-957 | 52 53 55
Apple | Food; Fruit; Plant; Produce | Food and Beverage | 948 | 53
Strawberry | Food; Fruit; Plant; Produce | Food and Beverage | 949 |
Orange | Food; Fruit; Plant; Produce | Food and Beverage | 950 | 55
Lemon | Food; Fruit; Plant; Produce | Food and Beverage | 951 |
Banana | Food; Fruit; Plant; Produce | Food and Beverage | 954 | 52
Beverage | | Food and Beverage | 969 |
Coffee | Beverage | Food and Beverage | 967 |
Coffee Cup | Cup | Food and Beverage | 504 967-968 |
Cup | | Kitchen and Dining | | 47
Alcohol | Beverage | Food and Beverage | 440-441 503 907 966 |
Beer | Alcohol; Beverage | Food and Beverage | 440-441 |
Wine | Alcohol; Beverage | Food and Beverage | 907 966 |
Glass | | Kitchen and Dining | 572 | 46
Wine Glass | Glass | Kitchen and Dining | | 46
Bottle | | Kitchen and Dining | 440 720 737 898 907 | 44
Bowl | | Kitchen and Dining | 659 809 | 51
Cutlery | | Kitchen and Dining | 910 499 | 48 49 50
Fork | Cutlery | Kitchen and Dining | | 48
Spoon | Cutlery | Kitchen and Dining | 910 | 50
Knife | Blade; Cutlery; Weapon | Weapons and Military | 499 | 49
Blade | Weapon | Weapons and Military | |
Nature | | Nature and Outdoors | 971 973 976-977 |
Outdoors | | Nature and Outdoors | |
Mountain | Nature; Outdoors | Nature and Outdoors | 970 |
Mountain Range | Mountain; Nature; Outdoors; Peak | Nature and Outdoors | 970 |
Peak | Mountain; Nature; Outdoors | Nature and Outdoors | |
Valley | Nature; Outdoors; Scenery | Nature and Outdoors | 979 |
Scenery | Nature; Outdoors | Nature and Outdoors | 970 975-979 |
Cliff | Nature; Outdoors | Nature and Outdoors | 972 |
Reef | Nature; Outdoors; Water | Nature and Outdoors | 973 |
Geyser | Mountain; Nature; Outdoors; Water | Nature and Outdoors | 974 |
Lake | Nature; Outdoors; Water | Nature and Outdoors | 975 |
Beach | Coast; Nature; Outdoors; Sea; Water | Nature and Outdoors | 977-978 |
Coast | Nature; Outdoors; Water | Nature and Outdoors | 976 |
Sea | Nature; Outdoors; Water | Nature and Outdoors | |
Water | | Nature and Outdoors | 460 |
Volcano | Mountain; Nature; Outdoors | Nature and Outdoors | 980 |
Vehicle | Transportation | Vehicles and Automotive | 407 450 556 561 565 569 573 575 586 595 661 675 757 803 847 866 |
Transportation | | Transport and Logistics | |
Car | Transportation; Vehicle | Vehicles and Automotive | 436 468 511 609 627 656 751 817 661 | 3
Truck | Transportation; Vehicle | Vehicles and Automotive | 555 569 717 864 867 675 | 8
Bus | Transportation; Vehicle | Vehicles and Automotive | 654 779 874 | 6
Train | Railway; Transportation; Vehicle | Vehicles and Automotive | 466 547 705 820 829 | 7
Railway | Transportation | Transport and Logistics | 565 |
Bicycle | Transportation; Vehicle | Vehicles and Automotive | 444 671 | 2
Motorcycle | Transportation; Vehicle | Vehicles and Automotive | 665 670 | 4
Airplane | Aircraft; Transportation; Vehicle | Vehicles and Automotive | 404 726 895 908 | 5
Aircraft | Transportation; Vehicle | Vehicles and Automotive | 405 417 |
Boat | Transportation; Vehicle | Vehicles and Automotive | 472 554 576 625 814 | 9
Ship | Transportation; Vehicle | Vehicles and Automotive | 403 484 510 628 724 780 833 871 914 |
Rocket | Weapon | Weapons and Military | 657 744 |
Spaceship | Aircraft; Transportation; Vehicle | Vehicles and Automotive | 812 |
Architecture | | Buildings and Architecture | 406 442 500 538 682 708 825 853 858 863 |
Building | Architecture | Buildings and Architecture | 410 425 448-449 580 634 915 |
Church | Architecture; Building | Religion | 497 663 442 |
Mosque | Architecture; Building | Religion | 668 |
Castle | Architecture; Building; Fortress | Buildings and Architecture | 483 |
Fortress | Architecture; Building | Buildings and Architecture | |
Palace | Architecture; Building | Buildings and Architecture | 698 |
Temple | Architecture; Building | Religion | 832 663 |
Arch | Architecture | Buildings and Architecture | 873 |
Bridge | | Buildings and Architecture | 821 839 888 |
Lighthouse | Architecture; Beacon; Building; Tower | Buildings and Architecture | 437 |
Beacon | Architecture | Buildings and Architecture | |
Tower | Architecture; Building | Buildings and Architecture | 900 |
Pier | Water | Buildings and Architecture | 536 718 |
Fountain | Architecture; Water | Buildings and Architecture | 562 |
Restaurant | Architecture; Building | Food and Beverage | 762 |
Shop | | Travel and Adventure | 415 454 467 509 582 788 860 865 |
Library | Indoors | Education | 454 624 |
Indoors | | Home and Indoors | |
Furniture | | Furniture and Furnishings | 423 495 453 493 516 520 703 765 857 894 | 15
Chair | Furniture | Furniture and Furnishings | 559 765 423 | 62
Couch | Furniture | Furniture and Furnishings | 831 | 63
Bed | Furniture | Furniture and Furnishings | 564 | 65
Table | Furniture | Furniture and Furnishings | 526 736 | 67
Dining Table | Furniture; Table | Furniture and Furnishings | 532 | 67
Toilet | Indoors | Home and Indoors | 861 | 70
Lamp | | Home and Indoors | 619 846 |
Clock | | Home and Indoors | 409 530 892 | 85
Wall Clock | Clock | Home and Indoors | 892 |
Vase | Jar; Pottery | Home and Indoors | 883 | 86
Jar | | Home and Indoors | |
Pottery | | Home and Indoors | 739 |
Electronics | | Technology and Computing | 481-482 485 527 590 592 605 662 713 742 745 754 761 848 | 75
Computer | Electronics | Technology and Computing | 527 590 681 |
Laptop | Computer; Electronics; Pc | Technology and Computing | 620 681 | 73
Pc | Computer; Electronics | Technology and Computing | |
Computer Keyboard | Computer; Electronics | Technology and Computing | 508 | 76
Monitor | Electronics; Screen | Technology and Computing | 664 |
Screen | Electronics | Technology and Computing | 782 |
TV | Electronics; Monitor; Screen | Technology and Computing | 851 | 72
Phone | Electronics | Technology and Computing | 528 707 |
Mobile Phone | Electronics; Phone | Technology and Computing | 487 | 77
Camera | Electronics | Hobbies and Interests | 732 759 |
Tripod | | Hobbies and Interests | 872 |
Microphone | Electrical Device | Performing Arts | 650 |
Electrical Device | | Technology and Computing | 818 |
Musical Instrument | | Hobbies and Interests | 401 432 486 494 513 558 566 593-594 683 687 699 776 875 |
Guitar | Musical Instrument | Hobbies and Interests | 402 546 |
Drum | Musical Instrument; Percussion | Hobbies and Interests | 541 542 |
Percussion | Musical Instrument | Hobbies and Interests | 577 641-642 |
Violin | Musical Instrument | Hobbies and Interests | 889 |
Piano | Keyboard; Musical Instrument | Hobbies and Interests | 579 881 |
Keyboard | Musical Instrument | Hobbies and Interests | |
Brush | Tool | Tools and Machinery | 696 |
Tool | | Tools and Machinery | 462 587 596 784 740 792 813 |
Book | Publication | Education | 917 921 | 84
Publication | | Education | |
Text | | Text and Documents | 916 918 922 |
Street Sign | Sign; Symbol | Transport and Logistics | 919 |
Sign | Symbol | Symbols and Flags | | 13
Symbol | | Symbols and Flags | |
Stop Sign | Sign; Symbol | Transport and Logistics | | 13
Traffic Light | Light | Transport and Logistics | 920 | 10
Light | | Home and Indoors | |
Flag | | Symbols and Flags | 557 |
Umbrella | Canopy | Apparel and Accessories | 879 | 28
Canopy | | Apparel and Accessories | |
Backpack | Bag | Apparel and Accessories | 414 | 27
Bag | | Apparel and Accessories | 636 748 | 31
Handbag | Accessories; Bag | Apparel and Accessories | 748 | 31
Accessories | | Apparel and Accessories | |
Suitcase | Baggage | Travel and Adventure | | 33
Baggage | | Travel and Adventure | |
Clothing | | Apparel and Accessories | 399-400 411 474 568 578 608 610 614 617 655 689 697 735 775 834 841 869 |
Suit | Clothing; Formal Wear | Apparel and Accessories | 834 |
Formal Wear | Clothing | Apparel and Accessories | |
Tie | Accessories; Clothing; Formal Wear | Apparel and Accessories | 451 457 906 | 32
Hat | Clothing | Apparel and Accessories | 439 452 515 667 808 |
Helmet | | Apparel and Accessories | 518 560 715 |
Glasses | Accessories | Apparel and Accessories | 836-837 |
Sunglasses | Accessories; Glasses | Apparel and Accessories | 836-837 |
Footwear | Clothing | Apparel and Accessories | 502 514 630 770 774 |
Shoe | Clothing; Footwear | Apparel and Accessories | 630 770 |
Swimwear | Clothing | Apparel and Accessories | 445 638-639 842 |
Ball | Sport | Sports | 429-430 522 574 722 768 805 852 890 | 37
Sport | | Sports | 422 602 702 747 | 35 36 41 42 43
Skis | Sport | Sports | 795 | 35
Skateboard | Sport | Sports | | 41
Surfboard | Sport | Sports | | 42
Tennis Racket | Racket; Sport | Sports | 752 | 43
Racket | Sport | Sports | |
Toy | | Toys and Gaming | 611 | 88
Teddy Bear | Toy | Toys and Gaming | 850 | 88
Gambling | | Toys and Gaming | 800 |
Slot | Gambling; Game | Toys and Gaming | 800 |
Game | | Toys and Gaming | |
Weapon | | Weapons and Military | 471 777 |
Gun | Weapon | Weapons and Military | 413 763 764 |
Rifle | Gun; Weapon | Weapons and Military | 413 764 |
Handgun | Gun; Weapon | Weapons and Military | 763 |
"""


@dataclass(frozen=True, slots=True)
class Label:
    """A label, with the classes whose recognition speaks for it."""

    name: str
    parents: tuple[str, ...]
    category: str
    imagenet: frozenset[int]
    coco: frozenset[int]


@cache
def labels() -> dict[str, Label]:
    """Every label, by name."""
    rows = [[cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines()]
    parents = {row[0]: tuple(name.strip() for name in row[1].split(";") if name.strip()) for row in rows}
    own = {row[0]: (_numbers(row[3]), _numbers(row[4])) for row in rows}
    found = {}
    for name, _, category, *_ in rows:
        family = [child for child in own if child == name or name in parents[child]]
        imagenet = frozenset().union(*(own[child][0] for child in family))
        coco = frozenset().union(*(own[child][1] for child in family))
        found[name] = Label(name, parents[name], category, imagenet, coco)
    return found


@cache
def most_specific() -> dict[int, str]:
    """The most specific label of each COCO class: it gets the bounding box, its parents do not."""
    found: dict[int, Label] = {}
    for label in labels().values():
        for number in label.coco:
            if number not in found or found[number].name in label.parents:
                found[number] = label
    return {number: label.name for number, label in found.items()}


def _numbers(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
